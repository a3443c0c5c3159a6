// Puts the functions into a VPC when the stage has the parameters vpcSubnetIds and vpcSecurityGroupIds (lists with commas).
// Without them there is nothing of this in the template. `npm run package` refuses one without the other.

/** What Lambda does with a function's role to reach a VPC. EC2 knows no resource of these actions beforehand. */
const ACTIONS = [
  'ec2:CreateNetworkInterface',
  'ec2:DescribeNetworkInterfaces',
  'ec2:DescribeSubnets',
  'ec2:DeleteNetworkInterface',
  'ec2:AssignPrivateIpAddresses',
  'ec2:UnassignPrivateIpAddresses',
];

/** A policy that the roles name, so that they have it before CloudFormation makes a function. */
const NetworkInterfacePolicy = {
  Type: 'AWS::IAM::ManagedPolicy',
  Properties: {
    Description: 'Lets Lambda put the functions into the VPC.',
    PolicyDocument: {
      Version: '2012-10-17',
      Statement: [
        { Sid: 'ManageNetworkInterfaces', Effect: 'Allow', Action: ACTIONS, Resource: '*' },
        {
          Sid: 'NotForTheFunctionsCode',
          Effect: 'Deny',
          Action: ACTIONS,
          Resource: '*',
          Condition: {
            ArnLike: {
              'lambda:SourceFunctionArn': {
                'Fn::Sub':
                  // biome-ignore lint/suspicious/noTemplateCurlyInString: CloudFormation and osls fill it in.
                  'arn:${AWS::Partition}:lambda:${AWS::Region}:${AWS::AccountId}:function:${self:service}-${sls:stage}-*',
              },
            },
          },
        },
      ],
    },
  },
};

/** Null when the stage names no VPC. */
async function network({ resolveVariable }) {
  const subnetIds = list(await resolveVariable("param:vpcSubnetIds, ''"));
  const securityGroupIds = list(await resolveVariable("param:vpcSecurityGroupIds, ''"));
  return subnetIds.length + securityGroupIds.length > 0 ? { subnetIds, securityGroupIds } : null;
}

function list(text) {
  return String(text)
    .split(',')
    .map((id) => id.trim())
    .filter((id) => id !== '');
}

module.exports = {
  vpc: network,
  managedPolicyArns: async (osls) => ((await network(osls)) ? [{ Ref: 'NetworkInterfacePolicy' }] : []),
  resources: async (osls) => ({ Resources: (await network(osls)) ? { NetworkInterfacePolicy } : {} }),
};
